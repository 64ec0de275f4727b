"""Tests of tool calling through the prompt."""
