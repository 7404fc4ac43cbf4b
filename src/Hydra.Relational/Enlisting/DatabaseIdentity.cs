namespace Hydra.Relational.Enlisting;

/// <summary>When a database got its tables, which tells two apart. It never changes, and is read once.</summary>
internal sealed class DatabaseIdentity(Func<CancellationToken, Task<long>> read)
{
    private long _known;

    public async ValueTask<long> ReadAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _known) == 0)
        {
            Volatile.Write(ref _known, await read(cancellationToken));
        }

        return Volatile.Read(ref _known);
    }
}
