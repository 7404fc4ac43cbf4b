using System.Data.Common;
using System.Globalization;

namespace Transfers;

/// <summary>Statements with parameters, in plain ADO.NET and the same on every database.</summary>
internal static class Statements
{
    public static async Task ExecuteAsync(
        this DbTransaction transaction,
        string statement,
        CancellationToken cancellationToken,
        params (string Name, object Value)[] parameters)
    {
        await using var command = New(transaction, statement, parameters);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Reads one number.</summary>
    public static async Task<long> ReadAsync(
        this DbTransaction transaction,
        string query,
        CancellationToken cancellationToken,
        params (string Name, object Value)[] parameters)
    {
        await using var command = New(transaction, query, parameters);
        return Convert.ToInt64(await command.ExecuteScalarAsync(cancellationToken), CultureInfo.InvariantCulture);
    }

    private static DbCommand New(
        DbTransaction transaction, string text, params (string Name, object Value)[] parameters)
    {
        var command = transaction.Connection!.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = text;
        foreach (var (name, value) in parameters)
        {
            var parameter = command.CreateParameter();
            (parameter.ParameterName, parameter.Value) = ($"@{name}", value);
            command.Parameters.Add(parameter);
        }

        return command;
    }
}
