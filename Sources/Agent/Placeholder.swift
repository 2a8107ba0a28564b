/// Made next.
