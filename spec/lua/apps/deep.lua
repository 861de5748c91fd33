-- A page that is built deep in the stack, where an operator's metamethod is what makes it grow.
local tl = require "tidelock"
local ui = tl.ui

local Job = tl.state("Job", { n = 7 })
local texts = {}

local function add(depth)
  texts[#texts + 1] = "a" .. Job.n .. "b"
  if depth > 1 then add(depth - 1) end
  return depth
end

tl.page("/", { title = "Deep" }, function()
  add(400)
  local lines = {}
  for i, text in ipairs(texts) do lines[i] = ui.li(text) end
  return ui.ul(lines)
end)
