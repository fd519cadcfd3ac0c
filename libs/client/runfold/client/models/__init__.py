"""What the server answers. Fields that this version doesn't know are ignored; `Call.plain` keeps them."""
