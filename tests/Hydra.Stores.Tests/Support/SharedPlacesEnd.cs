namespace Hydra.Stores.Tests;

/// <summary>Removes, when all tests have ended, what they shared.</summary>
public sealed class SharedPlacesEnd : IAsyncDisposable
{
    public ValueTask DisposeAsync() => new(SharedPlaces.DropAllAsync());
}
