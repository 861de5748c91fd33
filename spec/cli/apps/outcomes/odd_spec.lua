-- Names and messages that no format takes as they are, and each outcome that a test may have. Run by spec/cli/runner.test.js.
describe('odd "names" <&> #tag', function()
  it("passes \255 on\ntwo lines \1 ü", function() end)

  it("fails with ]]> and \254", function() error("bytes \254 & <b>\n\0 # \\ end", 0) end)

  it("compares", function() assert.equal("a", "b") end)

  describe("whose after_each fails, too", function()
    after_each(function() error("after", 0) end)
    it("fails twice, and counts once", function() error("first", 0) end)
  end)

  it("waits for better times", function() pending "not # yet <soon>" end)
  pending "is only a name"
end)

describe("a group that breaks", function() error("outside of a test", 0) end)
