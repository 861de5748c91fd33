-- Two tasks are started together, and the second takes for granted what the first brings.
local tl = require "tidelock"
local ui = tl.ui

local function fetch(what)
  tl.sleep(0.2)
  return what
end

local Wrong = tl.state("WrongOrder", { unit = tl.var(), height = "" })

Wrong.load_unit = tl.background(function(self)
  local unit = fetch "m"
  tl.with_state(self, function() self.unit = unit end)
end)

Wrong.load_height = tl.background(function(self)
  local height = fetch(4)
  tl.with_state(self, function() self.height = height .. " " .. self.unit end) -- an error where there is no unit
end)

function Wrong:start() return { Wrong.load_unit, Wrong.load_height } end

local Mended = tl.state("RightOrder", { height = "" })

Mended.load = tl.background(function(self)
  local unit, height = tl.gather(function() return fetch "m" end, function() return fetch(4) end)
  tl.with_state(self, function() self.height = height .. " " .. unit end)
end)

function Mended:start() return Mended.load end

local function card(Tide)
  return { ui.p { Tide.height }, ui.button { "Load", on_click = Tide.start } }
end

return { id = "wrong-order", title = "A wrong order", wrong = card(Wrong), mended = card(Mended) }
