-- An app with a small state_limit.
local tl = require "tidelock"
local ui = tl.ui

tl.config { state_limit = 20000 }

local Box = tl.state("Box", { lines = {}, text = "", problem = "", count = 0 })

function Box:fill()
  local _, err = pcall(function()
    for i = 1, 10000 do self.lines:push("line " .. i) end
  end)
  local count = #self.lines
  self.lines:clear()
  self.count, self.problem = count, tostring(err)
end

-- Replacing what is big by what is as big fits at any time.
function Box:big()
  self.text = ("x"):rep(15000)
  self.text = ("y"):rep(15000)
  local _, err = pcall(function() self.text = ("x"):rep(30000) end)
  self.count, self.problem = #self.text, tostring(err)
end

tl.page("/", {}, function()
  return ui.main { ui.p { id = "problem", Box.problem }, ui.p { id = "count", Box.count },
    ui.button { "Fill", on_click = Box.fill }, ui.button { "Big", on_click = Box.big } }
end)
