using System.Collections.Concurrent;

[assembly: AssemblyFixture(typeof(Hydra.Stores.Tests.SharedPlacesEnd))]

namespace Hydra.Stores.Tests;

/// <summary>Where tables are on a server, in a schema or under a prefix, for one test after the other.</summary>
/// <remarks>Making the tables takes longer than most tests do, and emptying them does not.</remarks>
internal sealed class SharedPlaces
{
    private static readonly ConcurrentBag<SharedPlaces> All = [];

    private readonly Func<string, Task> _prepare;
    private readonly Func<string, Task> _clear;
    private readonly Func<string, Task> _drop;
    private readonly ConcurrentBag<string> _free = [];

    /// <param name="prepare">Makes what a new place needs before a store can be on it.</param>
    /// <param name="clear">Empties the tables of a place.</param>
    /// <param name="drop">Removes a place, whether it has tables or not.</param>
    public SharedPlaces(Func<string, Task> prepare, Func<string, Task> clear, Func<string, Task> drop)
    {
        (_prepare, _clear, _drop) = (prepare, clear, drop);
        All.Add(this);
    }

    /// <summary>A place that is empty: a migrated one that others have used before, unless it is to be new.</summary>
    public async Task<string> TakeAsync(bool isNew)
    {
        if (!isNew && _free.TryTake(out var free))
        {
            return free;
        }

        var place = $"t{Guid.NewGuid().ToString("N")[..16]}_";
        await _prepare(place);
        return place;
    }

    /// <summary>Takes back a place with tables, whose stores have been disposed of.</summary>
    public async Task GiveBackAsync(string place)
    {
        await _clear(place);
        _free.Add(place);
    }

    public Task DropAsync(string place) => _drop(place);

    /// <summary>Removes all that nobody uses.</summary>
    public static async Task DropAllAsync()
    {
        foreach (var places in All)
        {
            while (places._free.TryTake(out var place))
            {
                await places._drop(place);
            }
        }
    }
}
