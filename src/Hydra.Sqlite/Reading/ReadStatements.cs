using Hydra.Sqlite.Connections;
using Hydra.Sqlite.Transitions;

namespace Hydra.Sqlite.Reading;

/// <summary>
/// The statements of a reader connection. None of them is inside a transaction, but what has to be read at one moment.
/// </summary>
internal sealed class ReadStatements(Connection connection, string @namespace)
{
    public DueReader Due { get; } = new(connection, @namespace);

    public DutyReader Duties { get; } = new(connection, @namespace);

    public Statement SessionExists { get; } = connection.Prepare(SqliteSql.SessionExists, @namespace);

    public Statement ReadAhead { get; } = connection.Prepare(SqliteSql.ReadAhead);

    public Statement Find { get; } = connection.Prepare(SqliteSql.FindExecution, @namespace);

    public Statement FindByKey { get; } = connection.Prepare(SqliteSql.FindExecutionByKey, @namespace);

    public Statement List { get; } = connection.Prepare(SqliteSql.ListExecutions, @namespace);

    public Statement ListTroubled { get; } = connection.Prepare(SqliteSql.ListTroubled, @namespace);

    public Statement ListOwned { get; } = connection.Prepare(SqliteSql.ListOwned, @namespace);

    public Statement ListDue { get; } = connection.Prepare(SqliteSql.ListDue, @namespace);

    public Statement Journal { get; } = connection.Prepare(SqliteSql.ReadJournal, @namespace);

    public Statement Landed { get; } = connection.Prepare(SqliteSql.FindLanded, @namespace);

    public Statement Tries { get; } = connection.Prepare(SqliteSql.ReadTries, @namespace);

    public Statement Crashes { get; } = connection.Prepare(SqliteSql.ReadCrashes, @namespace);

    public Statement Refusals { get; } = connection.Prepare(SqliteSql.ReadRefusals, @namespace);

    public Statement Origin { get; } = connection.Prepare(SqliteSql.FindOrigin, @namespace);

    public Statement Descendants { get; } = connection.Prepare(SqliteSql.ListDescendants, @namespace);

    public Statement Sessions { get; } = connection.Prepare(SqliteSql.ListSessions, @namespace);

    public Statement FindSchedule { get; } = connection.Prepare(SqliteSql.FindSchedule, @namespace);

    public Statement ListSchedules { get; } = connection.Prepare(SqliteSql.ListSchedules, @namespace);

    public Statement ListDueSchedules { get; } = connection.Prepare(SqliteSql.ListDueSchedules, @namespace);

    public Statement ListEnded { get; } = connection.Prepare(SqliteSql.ListEnded, @namespace);

    public Statement ListSubjectKeys { get; } = connection.Prepare(SqliteSql.ListSubjectKeys, @namespace);

    public Statement FindSubjectKey { get; } = connection.Prepare(SqliteSql.FindSubjectKey, @namespace);

    public CountStatements Counts { get; } = new(connection, @namespace);

    /// <summary>Reads by several statements what was so at one moment.</summary>
    public T AtOneMoment<T>(Func<T> read)
    {
        connection.BeginReading();
        var answer = read();
        connection.Commit(); // Where something fails before, the connection is not used again.
        return answer;
    }

    public Statement ReadNow { get; } = connection.Prepare(SqliteSql.ReadNow, @namespace);

    public Statement Identity { get; } = connection.Prepare(SqliteSql.ReadIdentity);
}
