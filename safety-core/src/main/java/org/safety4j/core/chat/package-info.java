/**
 * Chats of other processes and libraries: services that speak OpenAI's protocol, and LangChain4j's
 * models in both directions. Needs {@code dev.langchain4j:langchain4j-open-ai}, which is optional:
 * without it opening fails with a message that names it, and nothing else is touched.
 */
package org.safety4j.core.chat;
