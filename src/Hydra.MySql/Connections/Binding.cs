using MySqlConnector;

namespace Hydra.MySql.Connections;

/// <summary>Binds values by name.</summary>
internal static class Binding
{
    public static MySqlBatchCommand Bind(this MySqlBatchCommand command, string name, object? value)
    {
        command.Parameters.Add(new MySqlParameter(name, value ?? DBNull.Value));
        return command;
    }

    /// <summary>A payload as the database keeps it: its envelope, or nothing where there is no value.</summary>
    public static byte[]? Bytes(Payload payload) => payload.IsNone ? null : payload.Envelope.ToArray();

    /// <summary>
    /// Binds two values, @shard and @id, the latter hexadecimal: MySQL cannot list processes while a statement has
    /// bytes in it that are not text.
    /// </summary>
    public static MySqlBatchCommand Bind(this MySqlBatchCommand command, ExecutionId id) =>
        command.Bind("@shard", id.Shard).Bind("@id", Hexadecimal.Of(id));
}
