using System.Buffers;
using System.Text;
using SQLitePCL;

namespace Hydra.Sqlite.Connections;

/// <summary>One prepared statement of a connection, bound by position and stepped by hand.</summary>
/// <remarks>
/// Thinner than SqliteCommand, which allocates a reader per execution and sleeps 150 ms at a time when the database is
/// busy. Bindings stay from one execution to the next, so a number or text that is bound again costs no call.
/// Stepping to the end resets; whoever stops earlier resets.
/// </remarks>
internal sealed class Statement : IDisposable
{
    // Refuses lone surrogates, which would otherwise make two different keys the same bytes.
    private static readonly UTF8Encoding StrictUtf8 = new(
        encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly Connection _connection;
    private readonly sqlite3_stmt _statement;
    private readonly Bound[] _bound;

    public Statement(Connection connection, string sql)
    {
        _connection = connection;
        connection.Check(raw.sqlite3_prepare_v3(connection.Handle, sql, raw.SQLITE_PREPARE_PERSISTENT, out _statement));
        _bound = new Bound[raw.sqlite3_bind_parameter_count(_statement) + 1];
    }

    public Statement Bind(int index, long value)
    {
        ref var bound = ref _bound[index];
        if (bound.Kind != BoundKind.Number || bound.Number != value)
        {
            bound.Kind = BoundKind.Unknown;
            _connection.Check(raw.sqlite3_bind_int64(_statement, index, value));
            bound.Kind = BoundKind.Number;
            bound.Number = value;
        }

        return this;
    }

    public Statement Bind(int index, Instant? value) =>
        value is { } instant ? Bind(index, instant.Micros) : BindNull(index);

    public Statement Bind(int index, string? value)
    {
        if (value is null)
        {
            return BindNull(index);
        }

        ref var bound = ref _bound[index];
        if (bound.Kind != BoundKind.Text || !string.Equals(bound.Text, value, StringComparison.Ordinal))
        {
            bound.Kind = BoundKind.Unknown;
            BindText(index, value);
            bound.Kind = BoundKind.Text;
            bound.Text = value;
        }

        return this;
    }

    public Statement Bind(int index, ReadOnlySpan<byte> value)
    {
        _bound[index].Kind = BoundKind.Unknown;
        _connection.Check(raw.sqlite3_bind_blob(_statement, index, value));
        return this;
    }

    public Statement Bind(int index, ExecutionId id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.WriteBytes(bytes);
        return Bind(index, (ReadOnlySpan<byte>)bytes);
    }

    public Statement Bind(int index, Payload value) =>
        value.IsNone ? BindNull(index) : Bind(index, value.Envelope.Span);

    public Statement BindNull(int index)
    {
        ref var bound = ref _bound[index];
        if (bound.Kind != BoundKind.Null)
        {
            _connection.Check(raw.sqlite3_bind_null(_statement, index));
            bound.Kind = BoundKind.Null;
        }

        return this;
    }

    /// <summary>Goes on to the next row, and at the end makes the statement ready to be executed again.</summary>
    /// <returns>Whether there is a row.</returns>
    public bool Step()
    {
        var code = raw.sqlite3_step(_statement);
        if (code == raw.SQLITE_ROW)
        {
            return true;
        }

        var failure = code == raw.SQLITE_DONE ? null : _connection.Failure();
        Reset();
        return failure is null ? false : throw failure;
    }

    /// <summary>Executes a statement that answers no rows.</summary>
    /// <returns>How many rows it changed.</returns>
    public int Run()
    {
        while (Step())
        {
        }

        return raw.sqlite3_changes(_connection.Handle);
    }

    /// <summary>Executes a statement that answers no rows, unless a lock that it needs is taken.</summary>
    public bool TryRun()
    {
        var code = raw.sqlite3_step(_statement);
        var failure = code is raw.SQLITE_DONE ? null : _connection.Failure();
        Reset();
        return failure switch
        {
            null => true,
            { SqliteErrorCode: raw.SQLITE_BUSY } => false,
            _ => throw failure,
        };
    }

    /// <summary>Ends an execution early. What went wrong in it has been thrown before.</summary>
    public void Reset() => raw.sqlite3_reset(_statement);

    public bool IsNull(int column) => raw.sqlite3_column_type(_statement, column) == raw.SQLITE_NULL;

    public long Number(int column) => raw.sqlite3_column_int64(_statement, column);

    public int Int(int column) => (int)raw.sqlite3_column_int64(_statement, column);

    public Instant Instant(int column) => new(raw.sqlite3_column_int64(_statement, column));

    public Instant? InstantOrNull(int column) => IsNull(column) ? null : Instant(column);

    public string Text(int column) => Encoding.UTF8.GetString(raw.sqlite3_column_blob(_statement, column));

    public string? TextOrNull(int column) => IsNull(column) ? null : Text(column);

    public ExecutionId Id(int column) => ExecutionId.FromBytes(raw.sqlite3_column_blob(_statement, column));

    public ExecutionId? IdOrNull(int column) => IsNull(column) ? null : Id(column);

    public Payload Payload(int column) =>
        IsNull(column) ? default : Hydra.Payload.FromStore(raw.sqlite3_column_blob(_statement, column).ToArray());

    public void Dispose() => _statement.Dispose();

    private void BindText(int index, string value)
    {
        if (value.Length == 0)
        {
            // An empty span has no address, which SQLite takes for NULL.
            _connection.Check(raw.sqlite3_bind_text(_statement, index, ""));
            return;
        }

        var rented = ArrayPool<byte>.Shared.Rent(StrictUtf8.GetMaxByteCount(value.Length));
        try
        {
            var length = StrictUtf8.GetBytes(value, rented);
            _connection.Check(raw.sqlite3_bind_text(_statement, index, rented.AsSpan(0, length)));
        }
        catch (EncoderFallbackException exception)
        {
            throw new StoreException(
                StoreErrorKind.Deterministic,
                "A key, name or other text holds half of a surrogate pair, so it is not Unicode. Nothing was written.",
                exception);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private enum BoundKind
    {
        Null = 0, // What SQLite begins with.
        Unknown,
        Number,
        Text,
    }

    private struct Bound
    {
        public BoundKind Kind;
        public long Number;
        public string? Text;
    }
}
