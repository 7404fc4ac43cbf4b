using Hydra.Storage;

namespace Hydra.Stores.Tests;

/// <summary>Stores that share one place on the tests' server.</summary>
/// <param name="isNew">Whether the place is to be one without tables, and is removed.</param>
public abstract class ServerHarness(bool isNew) : StoreHarness
{
    /// <summary>
    /// How long a store waits for locks; PostgreSQL waits half of it for a client that stands still, as a thread on a
    /// busy machine may for seconds.
    /// </summary>
    private protected static readonly TimeSpan LockTimeout = TimeSpan.FromSeconds(5);

    private string? _place;

    private protected abstract SharedPlaces Places { get; }

    /// <summary>Where the stores are, once there is one.</summary>
    internal string Place => _place!;

    protected override async Task<IWorkflowStore> CreateStoreAsync(string @namespace) =>
        CreateStore(_place ??= await Places.TakeAsync(isNew), @namespace);

    protected override async Task DropAsync()
    {
        if (_place is { } place)
        {
            _place = null;
            await (isNew ? Places.DropAsync(place) : Places.GiveBackAsync(place));
        }
    }

    /// <summary>Makes a store on a place.</summary>
    protected abstract IWorkflowStore CreateStore(string place, string @namespace);
}
