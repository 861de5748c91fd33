local tl = require "tidelock"

local function load_settings()
  error "there are no settings"
end

load_settings()
tl.page("/", {}, function() return tl.ui.p "never" end)
