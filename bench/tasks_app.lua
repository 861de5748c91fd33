-- tasks_app.lua: the tabs whose locks tasks.lua has contended for.
local tl = require "tidelock"
local shared = require "tasks_bench"

local Bench = tl.state("Bench", { _n = 0 })
shared.Bench = Bench

function Bench:opened() table.insert(shared.tokens, self:get_token()) end

tl.page("/", { title = "Tasks", on_load = Bench.opened }, function() return tl.ui.main {} end)
