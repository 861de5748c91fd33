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

-- All or none.
function Box:several()
  local big = ("x"):rep(8000)
  local _, err = pcall(function() self.lines:push("small", big, big, big) end)
  self.count, self.problem = #self.lines, tostring(err)
end

-- Replacing what is big by what is as big fits at any time.
function Box:big()
  self.text = ("x"):rep(15000)
  self.text = ("y"):rep(15000)
  local _, err = pcall(function() self.text = ("x"):rep(30000) end)
  self.count, self.problem = #self.text, tostring(err)
end

-- In pieces, up to the limit; then what is there may still get shorter, and longer again.
function Box:append()
  local piece, times, ok, err = ("x"):rep(100), 0, true, nil
  self.text = ""
  while ok do
    ok, err = pcall(tl.append, self, "text", piece)
    if ok then times = times + 1 end
  end
  assert(#self.text == 100 * times)
  assert(not pcall(function() self.text = self.text .. piece end))
  self.text = "short"
  tl.append(self, "text", piece)
  self.count, self.problem = times, tostring(err)
end

tl.page("/", {}, function()
  return ui.main { ui.p { id = "problem", Box.problem }, ui.p { id = "count", Box.count },
    ui.button { "Fill", on_click = Box.fill }, ui.button { "Big", on_click = Box.big },
    ui.button { "Several", on_click = Box.several },
    ui.button { "Append", on_click = Box.append } }
end)
