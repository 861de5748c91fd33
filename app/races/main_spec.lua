-- Each wrong one is found in little time, and each mended one holds in all orders. RACES=10000 in the environment: in how many.
local t = require "tidelock.testing"

local ORDERS = tonumber(os.getenv "RACES") or 300
local NAMES = { "stale-read", "duplicate-loop", "forgotten-cancel", "slow-fetch", "wrong-order" }

before_each(function() t.seed(0) end) -- other hosts run in here: once is enough

-- What this very host says of a file of specs, and the seconds that it took.
local function run(arguments)
  local pipe = assert(io.popen(('"$(readlink /proc/$PPID/exe)" test %s 2>&1; echo "exit $?"; cat /proc/uptime'):format(arguments)))
  local start = io.open "/proc/uptime":read "n"
  local text = pipe:read "a"
  pipe:close()
  return text, tonumber(text:match "\n([%d.]+) [%d.]+\n$") - start
end

for _, name in ipairs(NAMES) do
  local pattern = (name:gsub("%-", "%%-"))

  it("finds " .. name, function()
    local text, seconds = run(("app/races/wrong.lua --filter %s --schedules 1000"):format(pattern))
    assert.matches("The ordinary order passes; order %d+ fails", text)
    assert.matches("%d steps? out of turn %(%*%) [isare]+ enough", text)
    assert.matches("0 passed, 1 failed\nexit 1\n", text)
    assert.is_true(seconds < 2, seconds)
  end)

  it("finds nothing where it is mended: " .. name, function()
    local text = run(("app/races/mended.lua --filter %s --schedules %d"):format(pattern, ORDERS))
    assert.matches(("^%d orders.*1 passed, 0 failed\nexit 0\n"):format(ORDERS + 1), text)
  end)
end
