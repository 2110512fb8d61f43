"""What is proved, and the code that verifies it without knowing the technique."""
