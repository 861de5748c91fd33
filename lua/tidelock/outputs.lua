--- outputs.lua: results for programs: JSON, TAP and JUnit's XML. All three tell the same tests with the same counts (report.lua).
--
-- Names and messages may hold any bytes: what is no UTF-8 is told as U+FFFD, and so is in XML what it cannot hold.
-- May use: native.

local native = require "tidelock.native"

local outputs = {}

local REPLACEMENT <const> = "\u{FFFD}"

-- Text ------------------------------------------------------------------------------------------

local function mended(text)
  local parts, at = {}, 1
  while true do
    local length, bad = utf8.len(text, at)
    if length then break end
    parts[#parts + 1] = text:sub(at, bad - 1) .. REPLACEMENT
    at = bad + 1
  end
  return table.concat(parts) .. text:sub(at)
end

local function message_of(result) return mended(table.concat(result.messages, "\n\n")) end

local function place_of(result)
  return mended(("%s:%s"):format(result.file or "?", result.line or "?"))
end

-- What went wrong outside of a test is known by its file.
local function name_of(result)
  return mended(result.name ~= "" and result.name or result.file or "a file of specs")
end

-- JSON ------------------------------------------------------------------------------------------

local function rounded(seconds) return math.floor(seconds * 1e6 + 0.5) / 1e6 end

---An object a line: one for each test as it ends, and last the counts.
---@param out file*
---@return tl.TestOutput
function outputs.json(out)
  local function write(pairs_in_order)
    local parts = {}
    for i, pair in ipairs(pairs_in_order) do parts[i] = ("%s:%s"):format(native.json_encode(pair[1]), native.json_encode(pair[2])) end
    out:write("{", table.concat(parts, ","), "}\n")
    out:flush()
  end
  local null = native.null
  return {
    result = function(result)
      write {
        { "name", name_of(result) }, { "file", result.file and mended(result.file) or null }, { "line", result.line or null },
        { "status", result.status }, { "duration", rounded(result.duration) },
        { "message", #result.messages > 0 and message_of(result) or null }, { "log", result.log ~= "" and mended(result.log) or null },
      }
    end,
    finish = function(counts, duration)
      write { { "passed", counts.passed }, { "failed", counts.failed }, { "pending", counts.pending }, { "duration", rounded(duration) } }
    end,
  }
end

-- TAP -------------------------------------------------------------------------------------------

local function tap_escaped(text) return (text:gsub("[\\#]", "\\%0"):gsub("%s+", " ")) end

local function tap_comment(text) return "# " .. text:gsub("\r", ""):gsub("\n", "\n# ") .. "\n" end

---A line for each test as it ends, and last the plan.
---@param out file*
---@return tl.TestOutput
function outputs.tap(out)
  local n = 0
  return {
    result = function(result)
      n = n + 1
      local pending = result.status == "pending"
      out:write(result.status == "failed" and "not ok " or "ok ", n, " - ", tap_escaped(name_of(result)))
      if pending then out:write(" # SKIP", #result.messages > 0 and " " .. tap_escaped(message_of(result)) or "") end
      out:write "\n"
      if result.status == "failed" then out:write(tap_comment(place_of(result)), tap_comment(message_of(result))) end
      out:flush()
    end,
    finish = function() out:write("1..", n, "\n") end,
  }
end

-- JUnit -----------------------------------------------------------------------------------------

local ENTITY <const> = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;" }

local function xml_text(text)
  text = text:gsub("[\0-\8\11\12\14-\31]", REPLACEMENT):gsub("\xEF\xBF[\xBE\xBF]", REPLACEMENT)
  return (text:gsub('[&<>"]', ENTITY):gsub("\r", "&#13;"))
end

-- A line's end in an attribute is read as a space.
local function xml_attribute(text) return (xml_text(text):gsub("\n", "&#10;"):gsub("\t", "&#9;")) end

local function counted(results)
  local n = { passed = 0, failed = 0, pending = 0, time = 0 }
  for _, result in ipairs(results) do
    n[result.status], n.time = n[result.status] + 1, n.time + result.duration
  end
  return ('tests="%d" failures="%d" errors="0" skipped="%d" time="%.3f"'):format(#results, n.failed, n.pending, n.time)
end

local function write_case(out, result)
  out:write(('    <testcase classname="%s" name="%s" file="%s" line="%s" time="%.3f">\n'):format(xml_attribute(place_of(result)),
    xml_attribute(name_of(result)), xml_attribute(mended(result.file or "?")), result.line or 0, result.duration))
  local message = message_of(result)
  local first = xml_attribute(message:match "^[^\n]*")
  if result.status == "failed" then
    out:write(('      <failure message="%s">'):format(first), xml_text(message), "</failure>\n")
  elseif result.status == "pending" then
    out:write(('      <skipped message="%s"/>\n'):format(first))
  end
  if result.log ~= "" then out:write("      <system-out>", xml_text(mended(result.log)), "</system-out>\n") end
  out:write "    </testcase>\n"
end

---A document when all has ended: a suite for each file.
---@param out file*
---@return tl.TestOutput
function outputs.junit(out)
  local all, suites, by_file = {}, {}, {}
  local began = os.date "!%Y-%m-%dT%H:%M:%S"
  return {
    result = function(result)
      local file = mended(result.file or "?")
      if not by_file[file] then
        by_file[file] = { file = file }
        suites[#suites + 1] = by_file[file]
      end
      all[#all + 1] = result
      table.insert(by_file[file], result)
    end,
    finish = function()
      out:write('<?xml version="1.0" encoding="UTF-8"?>\n<testsuites ', counted(all), ">\n")
      for _, suite in ipairs(suites) do
        out:write(('  <testsuite name="%s" timestamp="%s" %s>\n'):format(xml_attribute(suite.file), began, counted(suite)))
        for _, result in ipairs(suite) do write_case(out, result) end
        out:write "  </testsuite>\n"
      end
      out:write "</testsuites>\n"
    end,
  }
end

return outputs
