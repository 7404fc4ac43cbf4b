using System.Runtime.InteropServices;
using System.Text;
using Npgsql;
using NpgsqlTypes;

namespace Hydra.PostgreSql.Connections;

/// <summary>Binds values by position, each with its type: a server that prepares statements must not guess.</summary>
internal static class Binding
{
    private static readonly UTF8Encoding StrictUtf8 = new(
        encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static NpgsqlBatchCommand Bind(this NpgsqlBatchCommand command, long value) =>
        command.Add(value, NpgsqlDbType.Bigint);

    public static NpgsqlBatchCommand Bind(this NpgsqlBatchCommand command, long? value) =>
        command.AddNullable(value, NpgsqlDbType.Bigint);

    public static NpgsqlBatchCommand Bind(this NpgsqlBatchCommand command, int value) =>
        command.Add(value, NpgsqlDbType.Integer);

    public static NpgsqlBatchCommand Bind(this NpgsqlBatchCommand command, short? value) =>
        command.AddNullable(value, NpgsqlDbType.Smallint);

    public static NpgsqlBatchCommand Bind(this NpgsqlBatchCommand command, bool value) =>
        command.Add(value, NpgsqlDbType.Boolean);

    public static NpgsqlBatchCommand Bind(this NpgsqlBatchCommand command, string? value) =>
        command.AddNullable(CheckUnicode(value), NpgsqlDbType.Text);

    public static NpgsqlBatchCommand Bind(this NpgsqlBatchCommand command, Guid? value) =>
        command.AddNullable(value, NpgsqlDbType.Uuid);

    /// <summary>Binds two values: the shard and the id.</summary>
    public static NpgsqlBatchCommand Bind(this NpgsqlBatchCommand command, ExecutionId id) =>
        command.Bind((short?)id.Shard).Bind((Guid?)id.Value);

    public static NpgsqlBatchCommand Bind(this NpgsqlBatchCommand command, byte[]? value) =>
        command.AddNullable(value, NpgsqlDbType.Bytea);

    public static NpgsqlBatchCommand Bind(this NpgsqlBatchCommand command, short[] values) =>
        command.Add(values, NpgsqlDbType.Array | NpgsqlDbType.Smallint);

    public static NpgsqlBatchCommand Bind(this NpgsqlBatchCommand command, int[] values) =>
        command.Add(values, NpgsqlDbType.Array | NpgsqlDbType.Integer);

    public static NpgsqlBatchCommand Bind(this NpgsqlBatchCommand command, long[] values) =>
        command.Add(values, NpgsqlDbType.Array | NpgsqlDbType.Bigint);

    public static NpgsqlBatchCommand Bind(this NpgsqlBatchCommand command, long?[] values) =>
        command.Add(values, NpgsqlDbType.Array | NpgsqlDbType.Bigint);

    public static NpgsqlBatchCommand Bind(this NpgsqlBatchCommand command, bool[] values) =>
        command.Add(values, NpgsqlDbType.Array | NpgsqlDbType.Boolean);

    public static NpgsqlBatchCommand Bind(this NpgsqlBatchCommand command, string?[] values)
    {
        foreach (var value in values)
        {
            CheckUnicode(value);
        }

        return command.Add(values, NpgsqlDbType.Array | NpgsqlDbType.Text);
    }

    public static NpgsqlBatchCommand Bind(this NpgsqlBatchCommand command, Guid[] values) =>
        command.Add(values, NpgsqlDbType.Array | NpgsqlDbType.Uuid);

    public static NpgsqlBatchCommand Bind(this NpgsqlBatchCommand command, Guid?[] values) =>
        command.Add(values, NpgsqlDbType.Array | NpgsqlDbType.Uuid);

    public static NpgsqlBatchCommand Bind(this NpgsqlBatchCommand command, byte[]?[] values) =>
        command.Add(values, NpgsqlDbType.Array | NpgsqlDbType.Bytea);

    /// <summary>Binds two columns: the shards and the ids.</summary>
    public static NpgsqlBatchCommand BindIds<T>(
        this NpgsqlBatchCommand command, IReadOnlyList<T> rows, Func<T, ExecutionId> id) =>
        command.Bind(rows.Column(row => (short)id(row).Shard)).Bind(rows.Column(row => id(row).Value));

    /// <summary>One column of some rows.</summary>
    public static TColumn[] Column<T, TColumn>(this IReadOnlyList<T> rows, Func<T, TColumn> value)
    {
        var column = new TColumn[rows.Count];
        for (var i = 0; i < column.Length; i++)
        {
            column[i] = value(rows[i]);
        }

        return column;
    }

    /// <summary>A payload as the database keeps it: its envelope, or nothing where there is no value.</summary>
    public static byte[]? Bytes(Payload payload)
    {
        if (payload.IsNone)
        {
            return null;
        }

        return MemoryMarshal.TryGetArray(payload.Envelope, out var segment) && segment.Count == segment.Array!.Length
            ? segment.Array
            : payload.Envelope.ToArray();
    }

    /// <remarks>
    /// Halves of surrogate pairs would fail while the driver writes, which leaves its connection confused.
    /// </remarks>
    private static string? CheckUnicode(string? value)
    {
        if (value is not null && value.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF'))
        {
            try
            {
                StrictUtf8.GetByteCount(value);
            }
            catch (EncoderFallbackException exception)
            {
                throw PostgreSqlErrors.NotUnicode(exception);
            }
        }

        return value;
    }

    private static NpgsqlBatchCommand Add<T>(this NpgsqlBatchCommand command, T value, NpgsqlDbType type)
    {
        command.Parameters.Add(new NpgsqlParameter<T> { TypedValue = value, NpgsqlDbType = type });
        return command;
    }

    private static NpgsqlBatchCommand AddNullable<T>(this NpgsqlBatchCommand command, T? value, NpgsqlDbType type)
    {
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = type });
        return command;
    }
}
