-- broken.lua: run by runner_spec.lua: it does not get as far as its tests.
error "broken file"
