"""三服务: the figures of visits."""
