-- An effect that no page can have.
local tl = require "tidelock"
local ui = tl.ui

local Page = tl.state("Page", { n = 0 })

function Page:count(by) self.n = self.n + by end

tl.page("/", {}, function()
  return ui.main { ui.button { "Count", on_click = tl.call("note", Page.count(Page.n)) } }
end)
