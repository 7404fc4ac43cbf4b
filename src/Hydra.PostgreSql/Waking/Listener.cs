using Hydra.PostgreSql.Connections;
using Hydra.Relational.Waking;
using Npgsql;

namespace Hydra.PostgreSql.Waking;

/// <summary>Hears what other processes tell, over a connection of its own that nothing else uses.</summary>
/// <remarks>
/// It begins with the first wait. While nothing is heard it asks the server now and then whether the connection lives:
/// one that died silently would be deaf for ever. Whenever it begins to listen it wakes everybody, since it may have
/// missed something before.
/// </remarks>
internal sealed class Listener(Database database, string self) : IAsyncDisposable
{
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private readonly ChangeSignal _changes = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _lock = new();
    private Task? _listening;

    public Task WaitAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_stopping.IsCancellationRequested)
            {
                return Task.FromException(new StoreException(
                    StoreErrorKind.NotSent, "The store has been disposed. Make a new one."));
            }

            _listening ??= Task.Run(ListenAsync, CancellationToken.None);
        }

        return _changes.WaitAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        Task? listening;
        lock (_lock)
        {
            _stopping.Cancel();
            listening = _listening;
        }

        await (listening ?? Task.CompletedTask);
        _changes.Raise();
    }

    private async Task ListenAsync()
    {
        var pause = TimeSpan.FromMilliseconds(100);
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                await using var connection = await database.OpenAloneAsync(_stopping.Token);
                pause = TimeSpan.FromMilliseconds(100);
                await ListenAsync(connection);
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception) // Of the driver or of a program's data source: nobody else would begin again.
            {
                await Task.Delay(pause, _stopping.Token).ContinueWith(static _ => { }, TaskScheduler.Default);
                pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, LongestPause.Ticks));
            }
        }
    }

    private async Task ListenAsync(NpgsqlConnection connection)
    {
        connection.Notification += (_, heard) =>
        {
            if (heard.Payload != self)
            {
                _changes.Raise();
            }
        };
        var channel = Channel.Name(database.Schema, database.Namespace);
        await RunAsync(connection, $"LISTEN {channel}");
        _changes.Raise();
        while (true)
        {
            if (!await connection.WaitAsync(Silence, _stopping.Token))
            {
                await RunAsync(connection, "SELECT 1");
            }
        }
    }

    private async Task RunAsync(NpgsqlConnection connection, string statement)
    {
        await using var command = new NpgsqlCommand(statement, connection) { CommandTimeout = 5 };
        await command.ExecuteNonQueryAsync(_stopping.Token);
    }
}
