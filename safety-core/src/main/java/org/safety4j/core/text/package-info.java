/** Text in and out of language models: messages, chat templates, tokenizers. */
package org.safety4j.core.text;
