"""What agents do in both frameworks, with any model: for scripted providers and for real ones.

Each scenario takes a function that builds the model, and asks what any model with tools can do. It
fails with an AssertionError where the last message is empty or says something else.
"""
