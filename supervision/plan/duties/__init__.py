"""履职频次: periods, citations, what is due, rates."""
