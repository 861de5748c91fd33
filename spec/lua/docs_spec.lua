-- docs_spec.lua: what README.md and docs/ tell is true: every example runs, every link leads somewhere, every call has its place.
--
-- A marker in the line before a block of Lua says what the block is:
--
--   <!-- run: app NAME -->     a piece of the app NAME; all pieces of a page with this name are one main.lua, in their order
--   <!-- run: module NAME/M --> the file M.lua beside it
--   <!-- run: spec NAME -->    a spec as a reader would write it, which opens that main.lua
--
-- and a comment that readers do not see holds the text to what the app does:
--
--   <!-- check: NAME what is checked
--   tab:click "Add"         -- the body of an `it`, with tl, t, and `tab`, opened at "/"
--   -->
--
-- Lines keep their numbers, so that an error names the line of the page.
local tl, t = require "tidelock", require "tidelock.testing"
local check = require "tidelock.check"

local function text_of(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "a"
  file:close()
  return text
end

local function output_of(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "a"
  pipe:close()
  return text
end

local function lines_of(command)
  local out = {}
  for line in output_of(command):gmatch "[^\n]+" do out[#out + 1] = line end
  return out
end

-- Reading a page --------------------------------------------------------------------------------

---@class docs.Block
---@field kind "app"|"module"|"spec"|"check"|nil nil: a block of Lua without a marker
---@field name string|nil the app's
---@field title string|nil of a check
---@field line integer of the first line of `text`
---@field text string

-- Reads on from `line` to the line that is `last`.
local function take_until(lines, line, last)
  local taken = {}
  while lines[line] and lines[line] ~= last do
    taken[#taken + 1] = lines[line]
    line = line + 1
  end
  return table.concat(taken, "\n"), line
end

---@return docs.Block[]
local function blocks_of(path)
  local lines, blocks = {}, {}
  for line in (text_of(path) .. "\n"):gmatch "(.-)\n" do lines[#lines + 1] = line end
  local at = 1
  while lines[at] do
    local name, title = lines[at]:match "^<!%-%- check: (%S+) (.+)$"
    local block
    if name then
      block = { kind = "check", name = name, title = title, line = at + 1 }
      block.text, at = take_until(lines, at + 1, "-->")
    elseif lines[at] == "```lua" then
      block = { line = at + 1 }
      block.kind, block.name = (lines[at - 1] or ""):match "^<!%-%- run: (%a+) (%S+) %-%->$"
      block.text, at = take_until(lines, at + 1, "```")
    end
    blocks[#blocks + 1] = block
    at = at + 1
  end
  return blocks
end

-- The text, at the line where the page has it.
local function placed(before, block)
  local _, breaks = before:gsub("\n", "")
  return before .. ("\n"):rep(block.line - 1 - breaks) .. block.text .. "\n"
end

-- The apps of a page, as files -------------------------------------------------------------------

local folder = os.tmpname()
os.remove(folder)

teardown(function() os.execute(("rm -rf '%s'"):format(folder)) end)

local function write_file(dir, name, text)
  assert(os.execute(("mkdir -p '%s'"):format(dir)))
  local file = assert(io.open(dir .. "/" .. name, "wb"))
  file:write(text)
  file:close()
  return dir .. "/" .. name
end

local function write_apps(path, blocks)
  local texts, files = {}, {}
  for _, block in ipairs(blocks) do
    if block.kind == "app" then texts[block.name] = placed(texts[block.name] or "", block) end
  end
  for name, text in pairs(texts) do files[name] = write_file(("%s/%s/%s"):format(folder, path, name), "main.lua", text) end
  for _, block in ipairs(blocks) do
    if block.kind == "module" then
      local app, name = block.name:match "^(.-)/(.+)$"
      assert(files[app], ("%s:%d: there is no app %s"):format(path, block.line, block.name))
      write_file(("%s/%s/%s"):format(folder, path, app), name .. ".lua", block.text)
    end
  end
  return files
end

-- Running ---------------------------------------------------------------------------------------

local function chunk_of(path, block, env)
  local text = placed("", block)
  return assert(load(text, "@" .. path, "t", setmetatable(env, { __index = _ENV })))
end

local function run_check(path, block, file)
  it(block.title, function()
    chunk_of(path, block, { tl = tl, t = t, tab = t.open(file, "/") })()
  end)
end

-- A reader's spec says "main.lua", and stands beside it.
local function run_spec(path, block, file)
  local testing = setmetatable({
    open = function(name, ...)
      assert.equal("main.lua", name)
      return t.open(file, ...)
    end,
  }, { __index = t })
  local function require_for_reader(name)
    return name == "tidelock.testing" and testing or require(name)
  end
  chunk_of(path, block, { require = require_for_reader })()
end

local runs = { check = run_check, spec = run_spec }

-- Examples that show what goes wrong: how much `tidelock check` finds in them.
local mistaken = {
  ["docs/background-tasks.md"] = { limits = 2, outside = 1 },
  ["docs/errors.md"] = { causes = 1 },
  ["docs/guard.md"] = { guard = 2 },
}

local function check_apps(path, files)
  for name, file in pairs(files) do
    local meant, lines = mistaken[path] and mistaken[path][name] or 0, {}
    for i, finding in ipairs((check.app(file))) do lines[i] = ("%s:%d: %s"):format(path, finding.line, finding.message) end
    assert(#lines == meant, ("%s, the app %s: %d findings are meant, and there are\n%s"):format(path, name, meant, table.concat(lines, "\n")))
  end
end

local function describe_page(path)
  local blocks = blocks_of(path)
  local files = write_apps(path, blocks)
  local driven = {}

  for _, block in ipairs(blocks) do
    local run = runs[block.kind]
    if run then
      assert(files[block.name], ("%s:%d: there is no app %s"):format(path, block.line, block.name))
      driven[block.name] = true
      run(path, block, files[block.name])
    end
  end

  it("runs all its Lua", function()
    for _, block in ipairs(blocks) do
      assert(block.kind == "app" or block.kind == "module" or runs[block.kind], ("%s:%d: a block of Lua that nothing runs"):format(path, block.line))
    end
    for name in pairs(files) do assert(driven[name], ("%s: nothing drives the app %s"):format(path, name)) end
  end)

  it("has no mistake that tidelock check finds", function() check_apps(path, files) end)

  it("links to what is there", function()
    for target in text_of(path):gmatch "%]%(([^)#%s]+)[^)]*%)" do
      if not target:find "^%a+:" then
        local file = io.open((path:match "^(.*/)" or "") .. target)
        assert(file, ("%s: a link to %s, which is not there"):format(path, target))
        file:close()
      end
    end
  end)
end

local pages = { "README.md" }
table.move(lines_of "ls docs/*.md", 1, 1000, 2, pages)

for _, path in ipairs(pages) do
  describe(path, function() describe_page(path) end)
end

-- Completeness ----------------------------------------------------------------------------------

describe("the pages together", function()
  local all = {}
  for _, path in ipairs(pages) do all[#all + 1] = text_of(path) end
  all = table.concat(all, "\n")

  it("name every function of tl", function()
    for name, value in pairs(tl) do
      if type(value) == "function" then
        assert(all:find("tl." .. name, 1, true), ("no page tells of tl.%s"):format(name))
      end
    end
  end)

  it("tell every error that the host raises", function()
    local told = text_of "docs/errors.md"
    for _, name in ipairs(lines_of [[grep -rhoE '"[A-Z][A-Za-z]+Error"' host lua | tr -d '"' | sort -u]]) do
      assert(told:find("`" .. name .. "`", 1, true), ("docs/errors.md does not tell of %s"):format(name))
    end
  end)

  it("tell every option of tl.config", function()
    local told = text_of "docs/configuration.md"
    local names = require "tidelock.native".config("no option", 0):match "there are (.+)"
    for name in names:gmatch "[%a_]+" do
      assert(told:find("| `" .. name .. "` |", 1, true), ("docs/configuration.md does not tell of %s"):format(name))
    end
  end)

  it("tell the command line as the host does", function()
    local help = output_of [["$(readlink /proc/$PPID/exe)" --help]]
    local told = text_of "docs/configuration.md"
    for line in help:gmatch "[^\n]+" do
      assert(not line:find "^  " or told:find("\n  " .. line .. "\n", 1, true), "docs/configuration.md does not tell: " .. line)
    end
  end)

  it("are all reached from docs/index.md", function()
    local index = text_of "docs/index.md"
    for _, path in ipairs(lines_of "ls docs/*.md") do
      local name = path:match "[^/]+$"
      assert(name == "index.md" or index:find("(" .. name, 1, true), ("docs/index.md has no link to %s"):format(name))
    end
  end)
end)
