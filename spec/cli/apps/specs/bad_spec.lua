describe("arithmetic", function()
  it("adds", function() assert.equal(2, 1 + 1) end)
  it("is wrong on purpose", function() assert.equal(5, 1 + 1) end)
end)
