"""收回到制度: what the history asks about how the portal's own powers are used."""
