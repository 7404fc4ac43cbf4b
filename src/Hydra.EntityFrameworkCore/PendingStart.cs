using Hydra.EntityFrameworkCore.Mapping;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;

namespace Hydra.EntityFrameworkCore;

/// <summary>A start that a context has among its entities: rows that it inserts like any other.</summary>
/// <param name="Client">Who started it.</param>
/// <param name="Place">Where its engine's tables are.</param>
/// <param name="Start">What is started.</param>
/// <param name="DueAt">When it is due.</param>
/// <param name="Rows">Its rows, that of the execution first.</param>
internal sealed record PendingStart(
    HydraClient Client,
    string Place,
    StartOperation Start,
    Instant DueAt,
    IReadOnlyList<(StartTable Table, Dictionary<string, object> Values)> Rows)
{
    /// <summary>What the context would do with it; detached when it has let it go, as a pool makes it do.</summary>
    public EntityState StateIn(DbContext context) => EntryIn(context, Rows[0]).State;

    /// <summary>Lets the context forget the rows.</summary>
    public void Detach(DbContext context) => Detach(context, Rows);

    public static void Detach(
        DbContext context, IEnumerable<(StartTable Table, Dictionary<string, object> Values)> rows)
    {
        foreach (var row in rows)
        {
            EntryIn(context, row).State = EntityState.Detached;
        }
    }

    private static EntityEntry<Dictionary<string, object>> EntryIn(
        DbContext context, (StartTable Table, Dictionary<string, object> Values) row) =>
        context.Set<Dictionary<string, object>>(row.Table.Entity).Entry(row.Values);
}
