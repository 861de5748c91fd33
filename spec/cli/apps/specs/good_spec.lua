describe("arithmetic", function()
  it("adds", function() assert.equal(2, 1 + 1) end)
  it("multiplies", function() assert.equal(4, 2 * 2) end)
end)
