using System.Data;
using System.Data.Common;
using Hydra.PostgreSql.Connections;
using Hydra.Relational;
using Hydra.Relational.Beating;
using Hydra.Relational.Reading;
using Hydra.Storage;
using Microsoft.Data.Sqlite;

namespace Hydra.Stores.Tests;

public class HeartbeatConnectionTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60); // A hang is a failure, and says where.

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Closing_waits_for_no_beat_and_the_beat_closes_the_connection_when_it_has_ended(bool fails)
    {
        using var release = new ManualResetEventSlim();
        var hangs = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var beats = new ScriptedBeats(() =>
        {
            hangs.SetResult();
            release.Wait(Patience);
            if (fails)
            {
                throw new InvalidOperationException("no answer");
            }
        });
        var beat = Task.Run(() => beats.BeatAsync(new SessionId(1), []), Token);
        await hangs.Task.WaitAsync(Patience, Token);

        await Task.Run(beats.Dispose, Token).WaitAsync(Patience / 2, Token);
        var openMeanwhile = beats.Connection.State;
        release.Set();
        var end = await Record.ExceptionAsync(() => beat.WaitAsync(Patience, Token));

        Assert.Equal((ConnectionState.Open, ConnectionState.Closed), (openMeanwhile, beats.Connection.State));
        Assert.Equal(fails, end is InvalidOperationException);
        await Assert.ThrowsAsync<StoreException>(() => beats.BeatAsync(new SessionId(1), []));
        Assert.Equal(1, beats.Opened);
    }

    [Fact]
    public async Task The_connection_stays_open_between_beats_and_closing_closes_it()
    {
        using var beats = new ScriptedBeats(() => { });

        await beats.BeatAsync(new SessionId(1), []);
        var answer = await beats.BeatAsync(new SessionId(1), []);
        var openBetween = beats.Connection.State;
        beats.Dispose();

        Assert.Equal((new Instant(7), false, 1), (answer.Now, answer.Lost, beats.Opened));
        Assert.Equal((ConnectionState.Open, ConnectionState.Closed), (openBetween, beats.Connection.State));
    }

    /// <summary>Beats whose statements are the test's; only the answer comes from a database.</summary>
    private sealed class ScriptedBeats(Action before) : HeartbeatConnection(
        new DatabaseClock(TimeProvider.System, isDatabase: true),
        new Rows(static (_, _) => default),
        new PostgreSqlErrors("hydra"))
    {
        public SqliteConnection Connection { get; } = new("Data Source=:memory:;Pooling=False");

        public int Opened { get; private set; }

        protected override DbConnection Open()
        {
            Opened++;
            Connection.Open();
            return Connection;
        }

        protected override DbBatch CreateBeat(DbConnection connection, SessionId session) =>
            new ScriptedBatch(Connection, "SELECT 7, 1", before);

        protected override DbBatch CreateLook(
            DbConnection connection, SessionId session, IReadOnlyCollection<ExecutionId>? running) =>
            new ScriptedBatch(Connection, "SELECT 1 WHERE 0", static () => { });
    }
}
