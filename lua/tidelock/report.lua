--- report.lua: what became of each test: hears what busted publishes, counts, and tells each result to those who print it.
--
-- Also the usual print: nothing for what passes, each failure as it comes, and last the line `N passed, N failed`. The others are in
-- outputs.lua. May use: native, testing.

local native = require "tidelock.native"
local testing = require "tidelock.testing"

local report = {}

---@class tl.TestResult
---@field name string of its describes and itself; "" for what went wrong outside of a test
---@field file string|nil
---@field line integer|nil
---@field status "passed"|"failed"|"pending"
---@field duration number seconds of real time
---@field messages string[] what went wrong, or why it is pending
---@field traceback string|nil of the first error
---@field log string what the host logged, of a failure

---@class tl.TestOutput
---@field result fun(result: tl.TestResult)
---@field finish fun(counts: table, duration: number) raises what went wrong

local function full_name(busted, element)
  local names = {}
  while element and element.descriptor and element.descriptor ~= "file" and element.descriptor ~= "suite" do
    table.insert(names, 1, tostring(element.name or element.descriptor))
    element = busted.context.parent(element)
  end
  return table.concat(names, " ")
end

local function file_of(busted, element)
  while element and element.descriptor ~= "file" do element = busted.context.parent(element) end
  return element and element.name
end

local function result_of(busted, element)
  local trace = element.trace or {}
  return {
    name = full_name(busted, element), file = file_of(busted, element) or trace.short_src, line = trace.currentline, status = "passed",
    duration = 0, messages = {}, log = "",
  }
end

local function add_problem(result, message, trace)
  result.status = "failed"
  result.messages[#result.messages + 1] = tostring(message)
  result.traceback = result.traceback or trace and trace.traceback
  result.log = testing.log():gsub("\n$", "")
end

-- Printing --------------------------------------------------------------------------------------

local function indented(text)
  return "  " .. text:gsub("\n", "\n  ")
end

-- What went wrong outside of a test has no name.
local function heading(result)
  local place = result.line and ("%s:%d: "):format(result.file, result.line) or ""
  return result.name ~= "" and place .. result.name .. "\n" or ""
end

local function print_failure(out, result, verbose)
  out:write("\n", heading(result))
  for _, message in ipairs(result.messages) do out:write(indented(message), "\n") end
  if verbose and result.traceback then out:write(indented(result.traceback), "\n") end
  if result.log ~= "" then out:write("  the host's log:\n", indented(indented(result.log)), "\n") end
end

---The usual print.
---@param out file*
---@param verbose boolean
---@return tl.TestOutput
function report.printer(out, verbose)
  local printer = {}
  function printer.result(result)
    if result.status == "failed" then print_failure(out, result, verbose) end
  end
  function printer.finish(counts) report.print_counts(counts, out) end
  return printer
end

---Prints the line by which a run is known.
function report.print_counts(counts, out)
  if counts.pending > 0 then out:write(("%d pending\n"):format(counts.pending)) end
  out:write(("%d passed, %d failed\n"):format(counts.passed, counts.failed))
end

-- Hearing ---------------------------------------------------------------------------------------

---Counts, and tells each result. A test fails once, however many errors it had.
---@param busted table busted.core's instance
---@param outputs tl.TestOutput[]
---@return { passed: integer, failed: integer, pending: integer } counts grows while the tests run
function report.subscribe(busted, outputs)
  local counts = { passed = 0, failed = 0, pending = 0 }
  local running, since -- the test's result so far

  local function tell(result)
    counts[result.status] = counts[result.status] + 1
    for _, output in ipairs(outputs) do output.result(result) end
  end

  busted.subscribe({ "test", "start" }, function(element)
    testing.begin()
    running, since = result_of(busted, element), native.real_now()
    return nil, true
  end)

  busted.subscribe({ "test", "end" }, function(_, _, status)
    running.duration = native.real_now() - since
    if status == "pending" then running.status = "pending" elseif status ~= "success" then running.status = "failed" end
    tell(running)
    running = nil
    return nil, true
  end)

  local function on_problem(element, _, message, trace)
    if running then
      add_problem(running, message, trace)
    else
      local result = result_of(busted, element)
      add_problem(result, message, trace)
      tell(result)
    end
    return nil, true
  end
  busted.subscribe({ "failure" }, on_problem)
  busted.subscribe({ "error" }, on_problem)
  busted.subscribe({ "pending" }, function(_, _, message)
    if running and type(message) == "string" then running.messages[1] = message:gsub("^[^\n]-:%d+: ", "") end
    return nil, true
  end)
  return counts
end

return report
