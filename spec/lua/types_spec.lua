-- types_spec.lua: the annotations for editors (lua/types) name what there is, and all of it; docs/api.md is made of them.
local tl, t = require "tidelock", require "tidelock.testing"
local parser = require "tidelock.check.parser"

local function text_of(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "a"
  file:close()
  return text
end

local files = { "lua/types/tidelock.lua", "lua/types/testing.lua" }

-- "with_state" -> its parameters, of the functions and values of `owner` that are annotated.
local function annotated(owner)
  local found = {}
  for _, path in ipairs(files) do
    local text = text_of(path)
    for name, params in text:gmatch("\nfunction " .. owner .. "[.:]([%w_]+)(%b())") do found[name] = params end
    for name in text:gmatch("\n" .. owner .. "%.([%w_]+) = ") do found[name] = found[name] or "" end
  end
  return found
end

local function names_of(table_of)
  local names = {}
  for name in pairs(table_of) do names[#names + 1] = name end
  table.sort(names)
  return names
end

describe("the annotations", function()
  it("are Lua", function()
    for _, path in ipairs(files) do
      assert(load(text_of(path), "@" .. path, "t", {}))
      parser.parse(text_of(path), path)
    end
  end)

  it("name all of tl, and nothing else", function()
    local there = { my_tasks = true } -- not in the table: it is declared where an app asks for it
    for name in pairs(tl) do there[name] = true end
    assert.same(names_of(there), names_of(annotated "tl"))
  end)

  it("name all of tl.http, tl.json and the calls of tl.ui", function()
    for _, name in ipairs { "http", "json" } do assert.same(names_of(tl[name]), names_of(annotated("tl%." .. name))) end
    for name in pairs(annotated "tl%.ui") do assert.equal("function", type(tl.ui[name]), name) end
    for _, name in ipairs { "cond", "match", "foreach", "bind" } do assert.truthy(annotated "tl%.ui"[name], name) end
  end)

  it("name all of the driver that is not the runner's", function()
    local runners = { begin = true, finish = true, has_seed = true, check_lost_updates = true, limit = true }
    local there = {}
    for name in pairs(t) do there[name] = not runners[name] or nil end
    assert.same(names_of(there), names_of(annotated "t"))
  end)

  it("name what a driven page can do", function()
    local tab = t.open("spec/lua/apps/ui_form.lua", "/")
    for name in pairs(annotated "Tab") do assert.equal("function", type(tab[name]), name) end
  end)

  it("have as many parameters as the functions that are written in Lua", function()
    for name, params in pairs(annotated "tl") do
      local fn = rawget(tl, name)
      local info = type(fn) == "function" and debug.getinfo(fn, "uS")
      if info and info.what == "Lua" then
        local named, rest = 0, params:find("...", 1, true) ~= nil
        for param in params:gmatch "[%w_.]+" do named = named + (param == "..." and 0 or 1) end
        assert.equal(info.nparams, named, name)
        assert.equal(info.isvararg, rest, name)
      end
    end
  end)
end)
