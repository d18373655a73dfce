"""What renders the site: configuration, build, buttons, notebooks."""
