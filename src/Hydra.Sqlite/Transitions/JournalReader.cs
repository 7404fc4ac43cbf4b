using Hydra.Sqlite.Connections;
using Hydra.Sqlite.Reading;

namespace Hydra.Sqlite.Transitions;

/// <summary>Reads the journals of claimed executions.</summary>
internal sealed class JournalReader(Connection connection)
{
    private readonly Statement _readJournal = connection.Prepare(SqliteSql.ReadClaimedJournal);
    private readonly Statement _readTried = connection.Prepare(SqliteSql.ReadTried);

    public List<JournalEntry> Read(long number, long afterSeq) =>
        Rows.All(_readJournal.Bind(1, number).Bind(2, afterSeq), Rows.Entry);

    public List<TriedStep> ReadTried(long number) => Rows.All(_readTried.Bind(1, number), Rows.Tried);
}
