--- story.lua: the table of what happened in an order, for people: one line a step, narrow enough for a terminal.
--
-- May use: native, where.

local native = require "tidelock.native"
local where = require "tidelock.where"

where.register()

local story = {}

local MOST <const> = 30 -- steps that are shown

---From now on steps are noted.
---@param on boolean
function story.tell(on)
  native.tell(on)
end

-- Cells -----------------------------------------------------------------------------------------

local function lock_of(step)
  if step.rolled_back then return "rolled back" end
  if step.gave then return step.took and "took, gave" or "gave" end
  if step.took then return "took" end
  if step.held then return "holds" end
  return ""
end

local function file_of(place) return place:gsub("^.*/", "") end

local function step_of(step)
  local fate = step.fate
  if step.wakes > step.at then fate = ("sleeps %g s"):format((step.wakes - step.at) / 1e9) end
  if step.spec then fate = "" end
  local place = file_of(step.place)
  return place == "" and fate or fate == "" and place or fate .. ", " .. place
end

-- Tasks of one name are told apart by a number of their own.
local function namer()
  local numbers, counts = {}, {}
  return function(step)
    if step.spec then return "the spec" end
    if not numbers[step.task] then
      counts[step.name] = (counts[step.name] or 0) + 1
      numbers[step.task] = counts[step.name]
    end
    return ("%s #%d"):format(step.name, numbers[step.task])
  end
end

-- What stands at the end, a number or a line, stays.
local function cut(text, n)
  if #text <= n then return text end
  local tail = text:match "[ :]#?%d+$" or ""
  return text:sub(1, n - 3 - #tail) .. "..." .. tail
end

-- Rows ------------------------------------------------------------------------------------------

local function lines_of(text)
  local out = {}
  for line in text:gmatch "[^\n]+" do out[#out + 1] = line end
  return out
end

-- The spec looks on many times between two lines of its own; each of its lines is told once.
local function rows_of(steps)
  local rows, name, line = {}, namer(), nil
  local from = steps[1] and steps[1].at or 0
  for _, step in ipairs(steps) do
    if not step.spec or step.place ~= "" and step.place ~= line then
      if step.spec then line = step.place end
      rows[#rows + 1] = {
        time = ("%s %.3f"):format(step.choice > 0 and "*" or " ", (step.at - from) / 1e9), task = name(step), step = step_of(step),
        lock = lock_of(step), writes = lines_of(step.writes), deviates = step.choice > 0,
      }
    end
  end
  return rows
end

-- The first deviation and what came after it is what matters.
local function relevant(rows)
  if #rows <= MOST then return rows, 0, 0 end
  local first = 1
  for i, row in ipairs(rows) do
    if row.deviates then
      first = i
      break
    end
  end
  first = math.max(1, math.min(first - 5, #rows - MOST + 1))
  local last = math.min(#rows, first + MOST - 1)
  return table.move(rows, first, last, 1, {}), first - 1, #rows - last
end

local columns = { { "time", 10 }, { "task", 26 }, { "step", 32 }, { "lock", 11 } }
local WIDTH <const> = 78

local function width_of(rows, name, most)
  local width = #name
  for _, row in ipairs(rows) do width = math.max(width, #row[name]) end
  return math.min(width, most)
end

local function line_of(row, widths)
  local cells = {}
  for i, column in ipairs(columns) do cells[i] = ("%-" .. widths[i] .. "s"):format(cut(row[column[1]], widths[i])) end
  return table.concat(cells, "  ")
end

local function trimmed(line) return (line:gsub("%s+$", "")) end

-- Beside the step where there is room for it, else below.
local function add_row(lines, row, widths, beside)
  local line, indent = line_of(row, widths), (" "):rep(widths[1] + 4)
  for i, write in ipairs(beside and row.writes or {}) do
    lines[#lines + 1] = (i == 1 and line or (" "):rep(#line)) .. "  " .. write
  end
  if not beside or #row.writes == 0 then lines[#lines + 1] = trimmed(line) end
  for _, write in ipairs(beside and {} or row.writes) do lines[#lines + 1] = cut(indent .. write, WIDTH) end
end

local function fits(rows, width)
  for _, row in ipairs(rows) do
    for _, write in ipairs(row.writes) do
      if width + 2 + #write > WIDTH then return false end
    end
  end
  return true
end

---What was told, as a table for a terminal.
---@return string
function story.table()
  local rows, before, after = relevant(rows_of(native.told()))
  if #rows == 0 then return "" end
  local widths = {}
  for i, column in ipairs(columns) do widths[i] = width_of(rows, column[1], column[2]) end
  local head = line_of({ time = "  time", task = "task", step = "step", lock = "lock" }, widths)
  local beside = fits(rows, #head)
  local lines = { beside and head .. "  write" or trimmed(head) }
  if before > 0 then lines[#lines + 1] = ("  (%d steps before)"):format(before) end
  for _, row in ipairs(rows) do add_row(lines, row, widths, beside) end
  if after > 0 then lines[#lines + 1] = ("  (%d steps more)"):format(after) end
  return table.concat(lines, "\n")
end

return story
