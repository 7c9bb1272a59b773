"""The only code that touches the world: a class per system, and the stubs by which workflows name what it does."""
