local tl = require "tidelock"

tl.page("/", {}, function() return tl.ui.p "fine" end)
tl.page("/broken/[id]", {}, function()
  local missing
  return tl.ui.p(missing.text)
end)
