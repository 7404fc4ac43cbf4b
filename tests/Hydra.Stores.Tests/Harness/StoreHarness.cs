using Hydra.Storage;
using Microsoft.Extensions.Time.Testing;

namespace Hydra.Stores.Tests;

/// <summary>Plugs one store into the suite: a fresh database, any number of stores on it, a clock to turn.</summary>
/// <remarks>What a database cannot do is declared here, by overriding, and the tests go by it.</remarks>
public abstract class StoreHarness : IAsyncDisposable
{
    private readonly List<IWorkflowStore> _opened = [];

    /// <summary>The clock of the database. It stands between two microseconds, as clocks do.</summary>
    public FakeTimeProvider Clock { get; } =
        new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero).AddTicks(1_234_567));

    /// <summary>Whether there is a schema, so that verifying fails before the first migration.</summary>
    public virtual bool HasSchema => true;

    /// <summary>Whether NUL may stand in keys and names; otherwise a start with it may be refused.</summary>
    public virtual bool KeepsNul => true;

    /// <summary>Whether lone surrogates may stand in keys and names; otherwise a start may be refused.</summary>
    public virtual bool KeepsLoneSurrogates => true;

    /// <summary>Whether the database's clock does not go back when the machine's goes back.</summary>
    public virtual bool ClockNeverGoesBack => true;

    /// <summary>How many random sequences the model test runs unless the environment says otherwise.</summary>
    public virtual int ModelRuns => 100;

    /// <summary>Opens one more store on the database, as one more process would.</summary>
    public async Task<IWorkflowStore> OpenAsync(string @namespace = "tests", bool migrate = true)
    {
        var store = await CreateStoreAsync(@namespace);
        _opened.Add(store);
        if (migrate)
        {
            await store.MigrateAsync(TestContext.Current.CancellationToken);
        }

        return store;
    }

    /// <summary>Another database of the same kind, empty.</summary>
    public abstract StoreHarness CreateAnother();

    public async ValueTask DisposeAsync()
    {
        foreach (var store in _opened)
        {
            await store.DisposeAsync();
        }

        await DropAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Makes a store on this harness's database, creating the empty database when it is the first.</summary>
    protected abstract Task<IWorkflowStore> CreateStoreAsync(string @namespace);

    /// <summary>Removes the database. All stores on it have been disposed.</summary>
    protected virtual Task DropAsync() => Task.CompletedTask;
}
