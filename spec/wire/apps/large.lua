-- A page of two megabytes, and a handler that tells what Lua holds.
local tl = require "tidelock"

local rows = {}
for i = 1, 20000 do rows[i] = { id = i, title = ("A row with a title, number %d"):format(i), done = false } end

local Large = tl.state("Large", { rows = rows, lua_kb = 0 })

function Large:measure()
  collectgarbage()
  self.lua_kb = collectgarbage "count"
end

tl.page("/", { title = "Large" }, function()
  return tl.ui.button { Large.lua_kb, on_click = Large.measure() }
end)
