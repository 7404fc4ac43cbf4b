using Hydra.Engine.Pipeline;

namespace Hydra.Tests.Units;

/// <summary>The places in which writers try what waits for locks, and how long a try may take.</summary>
public sealed class ApartRoomTests
{
    private readonly ApartRoom _room = new();

    [Theory]
    [InlineData(0, 2_000)]
    [InlineData(1, 2_000)]
    [InlineData(4, 2_000)]
    [InlineData(5, 1_600)]
    [InlineData(400, 20)]
    [InlineData(1_600, 5)]
    [InlineData(100_000, 5)]
    public void All_that_wait_have_their_turn_within_two_seconds_until_the_shortest_wait_is_reached(
        int groups, int milliseconds)
    {
        _room.Add(groups);

        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), _room.LockWait(1));
    }

    [Theory]
    [InlineData(2, 20)]
    [InlineData(40, 20)]
    [InlineData(400, 20)]
    [InlineData(800, 10)]
    [InlineData(100_000, 5)]
    public void Several_that_are_tried_together_wait_little_since_most_of_them_need_not(
        int groups, int milliseconds)
    {
        _room.Add(groups);

        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), _room.LockWait(2));
    }

    [Fact]
    public void What_is_no_longer_apart_leaves_its_time_to_the_others()
    {
        _room.Add(100);
        _room.Add(-92);

        Assert.Equal(TimeSpan.FromSeconds(1), _room.LockWait(1));
    }

    [Fact]
    public void A_place_that_is_given_back_goes_to_who_has_waited_longest()
    {
        var places = new ApartPlaces(2);
        var given = new List<string>();
        Assert.True(places.TryTake(() => given.Add("never")));
        Assert.True(places.TryTake(() => given.Add("never")));
        Assert.False(places.TryTake(() => given.Add("first")));
        Assert.False(places.TryTake(() => given.Add("second")));
        Assert.Empty(given);

        places.GiveBack();
        Assert.Equal(["first"], given);
        places.GiveBack();
        Assert.Equal(["first", "second"], given);

        places.GiveBack(); // Nobody waits any more.
        Assert.True(places.TryTake(() => given.Add("never")));
        Assert.False(places.TryTake(() => given.Add("third")));
        Assert.Equal(["first", "second"], given);
    }
}
