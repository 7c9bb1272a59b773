"""Operations, as the commands start, follow, show and answer them."""
