--- report.lua: what a test run prints: nothing for what passes, each failure as it comes.
--
-- An output handler of busted, which also counts. The last line is `N passed, N failed`. May use: testing.

local testing = require "tidelock.testing"

local report = {}

local function full_name(busted, element)
  local names = {}
  while element and element.descriptor and element.descriptor ~= "file" and element.descriptor ~= "suite" do
    table.insert(names, 1, tostring(element.name or element.descriptor))
    element = busted.context.parent(element)
  end
  return table.concat(names, " ")
end

local function indented(text)
  return "  " .. text:gsub("\n", "\n  ")
end

local function place_of(element)
  local trace = element.trace
  return trace and trace.short_src and ("%s:%d: "):format(trace.short_src, trace.currentline or 0) or ""
end

-- What went wrong outside of a test has no name.
local function heading(busted, element)
  local name = full_name(busted, element)
  return name ~= "" and place_of(element) .. name .. "\n" or ""
end

local function print_failure(busted, out, element, message, trace, verbose)
  out:write("\n", heading(busted, element), indented(tostring(message)), "\n")
  if verbose and trace and trace.traceback then out:write(indented(trace.traceback), "\n") end
  local log = testing.log():gsub("\n$", "")
  if log ~= "" then out:write("  the host's log:\n", indented(indented(log)), "\n") end
end

---Counts, and prints failures when not `silent`. Tests fail once, however many errors they had.
---@param busted table busted.core's instance
---@param out file* where to print
---@param opts { silent: boolean, verbose: boolean }
---@return { passed: integer, failed: integer, pending: integer } counts grows while the tests run
function report.subscribe(busted, out, opts)
  local counts = { passed = 0, failed = 0, pending = 0 }

  busted.subscribe({ "test", "start" }, function()
    testing.begin()
    return nil, true
  end)

  busted.subscribe({ "test", "end" }, function(_, _, status)
    if status == "success" then
      counts.passed = counts.passed + 1
    elseif status == "pending" then
      counts.pending = counts.pending + 1
    else
      counts.failed = counts.failed + 1
    end
    return nil, true
  end)

  local function on_problem(element, _, message, trace)
    if element.descriptor ~= "it" then counts.failed = counts.failed + 1 end
    if not opts.silent then print_failure(busted, out, element, message, trace, opts.verbose) end
    return nil, true
  end
  busted.subscribe({ "failure" }, on_problem)
  busted.subscribe({ "error" }, on_problem)
  return counts
end

---Prints the line by which a run is known.
function report.finish(counts, out)
  if counts.pending > 0 then out:write(("%d pending\n"):format(counts.pending)) end
  out:write(("%d passed, %d failed\n"):format(counts.passed, counts.failed))
end

return report
