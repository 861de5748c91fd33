-- what coverage counts, line by line: spec/cli/coverage.test.js
local tl = require "tidelock"
local part = require "part"
local Job = tl.state("Job", { n = 0, text = "" })
local function never()
  return 1
end
local function each(list, fn) for _, v in ipairs(list) do
    if v == 2 then goto continue end fn(v)
    ::continue::
  end
end

Job.run = tl.background(function(self)
  local co = coroutine.wrap(function()
    coroutine.yield(1)
    tl.sleep(1)
    coroutine.yield(2)
  end)
  local first, second = co(), co();
  (print and each)({ 1, 2, 3 }, function() end)
  tl.with_state(self, function()
    self.n = first + second
    self.text = part
      .text
  end)
  if self.n == 4 then
    never()
  end
end)
function Job:go() return Job.run end
function Job:fail()
  error "at line 33"
end
tl.page("/", function()
  local _ENV <const> = tl.ui; return main { button { "Go", on_click = Job.go }, button { "Fail", on_click = Job.fail } }
end)
