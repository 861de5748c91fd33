-- wakes.lua: how exactly 100,000 sleeping tasks are woken, in real time: `tidelock run bench/wakes.lua --port 0` prints one JSON
-- object, in ms, and ends. They wake within two seconds, evenly; each notes how late it was.
local tl = require "tidelock"
local uv = require "luv"

local SLEEPERS <const>, FIRST <const>, SPAN <const> = 100000, 1, 2

local function run()
  local late, from = {}, tl.now() + FIRST
  for i = 1, SLEEPERS do
    tl.spawn(function()
      local due = from + SPAN * i / SLEEPERS
      tl.sleep(due - tl.now())
      late[#late + 1] = (tl.now() - due) * 1e3
    end)
  end
  while #late < SLEEPERS do tl.sleep(0.1) end
  table.sort(late)
  local function at(share) return late[math.ceil(share * SLEEPERS)] end
  print(tl.json.encode { ["wake.early_ms"] = -math.min(late[1], 0), ["wake.p50_ms"] = at(0.5), ["wake.p99_ms"] = at(0.99), ["wake.max_ms"] = late[SLEEPERS] })
  io.stdout:flush()
end

local Bench = tl.state("Bench", { n = 0 })

tl.lifespan(function()
  run()
  uv.kill(uv.os_getpid(), "sigterm")
end)

tl.page("/", { title = "Wakes" }, function() return tl.ui.main { Bench.n } end)
