"""年度考核评价: arithmetic, computing from indicators and facts, pages."""
