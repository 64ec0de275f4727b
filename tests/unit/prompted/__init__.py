"""Tests of tool calling in words."""
