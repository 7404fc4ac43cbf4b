using System.Data.Common;
using Microsoft.Extensions.Time.Testing;

namespace Hydra.Testing;

/// <summary>Plugs one store into the suite: a fresh database, any number of stores on it, a clock to turn.</summary>
/// <remarks>
/// What a database cannot do is declared here, by overriding, and the suite goes by it. A harness serves one case and
/// is not safe from several threads; several harnesses live side by side.
/// </remarks>
public abstract class StoreHarness : IAsyncDisposable
{
    private readonly List<IWorkflowStore> _opened = [];

    /// <summary>The clock of the database. It stands between two microseconds, as clocks do.</summary>
    /// <remarks>
    /// Every store that the harness makes must take its time from here, whatever the database's own says.
    /// </remarks>
    public FakeTimeProvider Clock { get; } =
        new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero).AddTicks(1_234_567));

    /// <summary>
    /// Whether there is a schema, so that verifying fails before the first migration. The default is yes.
    /// </summary>
    public virtual bool HasSchema => true;

    /// <summary>
    /// Whether the database's clock does not go back when the machine's goes back. The default is yes.
    /// </summary>
    public virtual bool ClockNeverGoesBack => true;

    /// <summary>
    /// How many random sequences each random case runs unless the environment says otherwise. The default is 100.
    /// </summary>
    public virtual int ModelRuns => 100;

    /// <summary>The command that runs one case alone, which a random case prints beside its seed.</summary>
    /// <param name="caseName">The name of the case.</param>
    public virtual string CommandFor(string caseName) => $"<run the case {caseName}>";

    /// <summary>Opens one more store on the database, as one more process would. The harness disposes of it.</summary>
    /// <param name="namespace">The namespace that it is bound to.</param>
    /// <param name="migrate">Whether to bring the database to the store's version.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="StoreException">The database cannot be opened or migrated.</exception>
    public async Task<IWorkflowStore> OpenAsync(
        string @namespace = "tests", bool migrate = true, CancellationToken cancellationToken = default)
    {
        var store = await CreateStoreAsync(@namespace);
        _opened.Add(store);
        if (migrate)
        {
            await store.MigrateAsync(cancellationToken);
        }

        return store;
    }

    /// <summary>
    /// Whether others can write while a transaction that has written is open, a user's or a store's own. Where they
    /// cannot, a claim and a round of maintenance must each happen in one moment. The default is yes.
    /// </summary>
    public virtual bool WritesSideBySide => true;

    /// <summary>
    /// Opens a connection as a user of the database would, for transactions that a store writes within (see
    /// <see cref="ITransactionalStore"/>). The caller disposes of it. The default is null: there is none to open.
    /// </summary>
    public virtual Task<DbConnection?> OpenConnectionAsync() => Task.FromResult<DbConnection?>(null);

    /// <summary>Another harness for an empty database of the same kind.</summary>
    public abstract StoreHarness CreateAnother();

    /// <summary>
    /// Another harness for a database that holds nothing, but may have been migrated before: making the tables may take
    /// longer than what is played on them. The default is a new one (<see cref="CreateAnother"/>).
    /// </summary>
    public virtual StoreHarness CreateEmpty() => CreateAnother();

    /// <summary>Disposes of all stores, then removes the database.</summary>
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
    /// <param name="namespace">The namespace that it is bound to.</param>
    protected abstract Task<IWorkflowStore> CreateStoreAsync(string @namespace);

    /// <summary>
    /// Removes the database. All stores on it have been disposed. By default nothing is left to remove.
    /// </summary>
    protected virtual Task DropAsync() => Task.CompletedTask;
}
