-- ui_broken.lua: an app whose page does not build.
local tl = require "tidelock"
local ui = tl.ui

tl.page("/", function()
  return ui.main {
    ui.p { on_clik = tl.toast "x" },
  }
end)
