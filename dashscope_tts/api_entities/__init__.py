"""Official import path of the response objects."""
