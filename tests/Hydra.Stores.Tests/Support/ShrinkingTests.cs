namespace Hydra.Stores.Tests;

public class ShrinkingTests
{
    /// <summary>1 is needed as long as 3 is there, and 3 can go only after 2 at first.</summary>
    [Fact]
    public async Task What_can_be_left_out_only_after_something_else_is_left_out()
    {
        var shortest = await Shrinking.ShrinkAsync([1, 2, 3, 4], static items => Task.FromResult(
            items.Contains(4) && (items.Contains(1) || !items.Contains(3)) ? items : null));

        Assert.Equal([4], shortest);
    }

    /// <summary>Neither 1 nor 3 can go alone.</summary>
    [Fact]
    public async Task What_can_be_left_out_only_together()
    {
        var shortest = await Shrinking.ShrinkAsync([1, 3, 4], static items => Task.FromResult(
            items.Contains(4) && items.Count % 2 == 1 ? items : null));

        Assert.Equal([4], shortest);
    }

    [Fact]
    public async Task What_fails_however_short_it_is_becomes_empty() =>
        Assert.Empty(await Shrinking.ShrinkAsync([1], static items => Task.FromResult<List<int>?>(items)));
}
