-- chunk_spec.lua: the files of an app are compiled once while a test runs in many orders, and each load is a new app all the same.
local native = require "tidelock.native"

local dir, met

local function write(name, text)
  local file = assert(io.open(dir .. "/" .. name, "w"))
  file:write(text)
  file:close()
end

local function load_app()
  native.app_load(dir .. "/main.lua")
  native.app_close()
  return met
end

describe("chunks that are kept", function()
  before_each(function()
    dir = os.tmpname()
    os.remove(dir)
    assert(os.execute("mkdir " .. dir))
    package.loaded.chunk_spec = { meet = function(v) met = v end }
    native.keep_chunks(true)
  end)

  after_each(function()
    native.keep_chunks(false)
    package.loaded.chunk_spec = nil
    os.execute("rm -r " .. dir)
  end)

  it("run anew at each load, each in its own environment", function()
    write("part.lua", "local n = 0; return function() n = n + 1; return n end")
    write("main.lua", "count = require 'part'; mark = {}; local own = mark\n"
      .. "require 'chunk_spec'.meet(function() return mark, own, count() end)")
    local first, second = load_app(), load_app()
    local mark, own, n = first()
    assert.equal(own, mark)
    assert.equal(1, n)
    local other_mark, other_own, other_n = second()
    assert.equal(other_own, other_mark)
    assert.not_equal(mark, other_mark)
    assert.equal(1, other_n)
    assert.equal(mark, (first()))
  end)

  it("are compiled anew when the text has changed, however little", function()
    for _, v in ipairs { "one", "two", "six", "two" } do
      write("part.lua", ("return %q"):format(v))
      write("main.lua", "require 'chunk_spec'.meet(require 'part')")
      assert.equal(v, load_app())
    end
  end)

  it("tell each time what is wrong with the text", function()
    for _ = 1, 2 do
      write("main.lua", "local =")
      assert.matches("main.lua:1: <name> expected", select(2, pcall(native.app_load, dir .. "/main.lua")))
    end
    os.remove(dir .. "/main.lua")
    assert.matches("cannot open", select(2, pcall(native.app_load, dir .. "/main.lua")))
    write("main.lua", "require 'chunk_spec'.meet(5)")
    assert.equal(5, load_app())
  end)
end)
